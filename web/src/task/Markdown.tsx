/** Markdown as elements; HTML in it stays text. */
import ReactMarkdown, { type Components } from 'react-markdown';
import gfm from 'remark-gfm';
import css from './markdown.module.css';

/** Pictures from elsewhere would tell their servers who reads: they become links. */
const components: Components = {
  img: ({ src, alt }) => (
    <a href={typeof src === 'string' ? src : undefined} target="_blank" rel="noreferrer noopener">
      {alt || (typeof src === 'string' ? src : '')}
    </a>
  ),
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
};

export default function Markdown({ text }: { text: string }) {
  return (
    <div className={css.markdown} dir="auto">
      <ReactMarkdown remarkPlugins={[gfm]} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
