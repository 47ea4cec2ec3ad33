/** Markdown as elements; HTML in it stays text. */

import { Square, SquareCheck } from 'lucide-react';
import ReactMarkdown, { type Components } from 'react-markdown';
import gfm from 'remark-gfm';
import { useI18n } from '@/i18n';
import css from './markdown.module.css';

/** Pictures from elsewhere would tell their servers who reads: they become links. */
const components: Components = {
  // They stand below the panel's own headings.
  h1: 'h4',
  h2: 'h5',
  h3: 'h6',
  h4: 'h6',
  h5: 'h6',
  input: Ticked,
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

/** The box of a list of things to do. It shows how the text has it, and can't be ticked. */
function Ticked({ checked }: { checked?: boolean | undefined }) {
  const { t } = useI18n();
  const Icon = checked ? SquareCheck : Square;
  return <Icon role="img" aria-label={t(checked ? 'task.item_done' : 'task.item_open')} className={css.box} />;
}

export default function Markdown({ text }: { text: string }) {
  return (
    <div className={css.markdown} dir="auto">
      <ReactMarkdown remarkPlugins={[gfm]} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
