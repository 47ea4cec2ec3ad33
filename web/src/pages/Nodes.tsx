/** The processes that serve together. */
import { useI18n } from '@/i18n';
import { Skeleton } from '@/ui/Empty';
import type { Node } from './cluster';
import { Problem } from './Problem';
import css from './page.module.css';

export function Nodes({ nodes, error }: { nodes: readonly Node[] | undefined; error: unknown }) {
  const { t, ago, number } = useI18n();
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.nodes')}</h2>
      </div>
      <Problem error={error} />
      {nodes === undefined && error === null && <Skeleton lines={2} label={t('common.loading')} />}
      {nodes && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <section className={css.scroll} tabIndex={0} aria-label={t('pages.nodes')}>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{t('pages.node')}</th>
                <th scope="col">{t('pages.state')}</th>
                <th scope="col" data-number>
                  {t('pages.sessions')}
                </th>
                <th scope="col" data-number>
                  {t('pages.boards')}
                </th>
                <th scope="col">{t('pages.bus')}</th>
                <th scope="col">{t('pages.version')}</th>
                <th scope="col">{t('pages.since')}</th>
                <th scope="col">{t('pages.beat')}</th>
              </tr>
            </thead>
            <tbody>
              {nodes.map((node) => (
                <tr key={`${node.node_id} ${node.started_at}`}>
                  <th scope="row">
                    <bdi>{node.node_id}</bdi> {node.is_self && <span className={css.tag}>{t('pages.this_node')}</span>}
                  </th>
                  <td>
                    <span className={css.state} data-state={node.state}>
                      {t(`pages.state_${node.state}`)}
                    </span>
                  </td>
                  <td data-number>{number(node.sessions)}</td>
                  <td data-number>{number(node.boards)}</td>
                  <td>{node.bus ? t(`pages.bus_${node.bus}`) : '–'}</td>
                  <td>
                    <bdi>{node.version}</bdi>
                  </td>
                  <td>{ago(node.started_at)}</td>
                  <td>{ago(node.beat_at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}
