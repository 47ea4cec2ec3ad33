/** Where drawing a page failed: says so, and offers ways on. */
import { TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import { Empty } from '@/ui/Empty';
import { paths } from './paths';

interface Props {
  /** Another one begins anew: whoever goes elsewhere leaves the error behind. */
  place: string;
  children: ReactNode;
}

interface State {
  error: unknown;
  place: string;
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, place: this.props.place };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: State): State | null {
    return props.place === state.place ? null : { error: null, place: props.place };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return <Failed error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}

/** A part of the app that can't be fetched: the network is away, or the server has a newer app by now. */
function isMissingScript(error: unknown): boolean {
  return error instanceof TypeError && /import|module script|preload/i.test(error.message);
}

function Failed({ error, onRetry }: { error: unknown; onRetry(): void }) {
  const { t } = useI18n();
  const missing = isMissingScript(error);
  return (
    <main id="content">
      <Empty
        icon={<TriangleAlert />}
        title={t('common.error_title')}
        text={t(missing ? 'pages.script_missing' : 'pages.page_failed')}
      >
        <Button look="primary" onClick={missing ? () => location.reload() : onRetry}>
          {t(missing ? 'pages.reload' : 'common.retry')}
        </Button>
        {/* A full load: what failed may have left more behind than this page. */}
        <Button onClick={() => location.assign(paths.home)}>{t('common.back_home')}</Button>
      </Empty>
    </main>
  );
}
