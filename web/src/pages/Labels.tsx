/** A project's labels: their names and colours. */
import { Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useCallback, useState } from 'react';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { useRead } from '@/app/read';
import type { Label } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { EventRoom, Rest } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { Button, IconButton } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { ConfirmDialog } from './ConfirmDialog';
import { Problem } from './Problem';
import css from './page.module.css';

const FIRST_COLOR = '#0f766e';

export function Labels(props: { projectId: Id; rooms: readonly EventRoom[]; mayWrite: boolean }) {
  const { projectId, rooms, mayWrite } = props;
  const { t } = useI18n();
  const { rest } = useClient();
  const change = useAction();
  const [deleting, setDeleting] = useState<Label | null>(null);
  const path = `/projects/${projectId}/labels`;
  const labels = useRead(
    useCallback((reader: Rest) => reader.all<Label>(path), [path]),
    rooms,
    ['label.'],
  );
  const patch = (label: Label, fields: Partial<Label>) =>
    void change.run(() => rest.patch(`/labels/${label.id}`, fields).then(labels.reload));
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.labels')}</h2>
      </div>
      <Problem error={labels.error ?? change.error} refused={{ CONFLICT: t('pages.label_taken') }} />
      <ul className={css.list}>
        {labels.value?.map((label) => (
          <li key={`${label.id} ${label.name} ${label.color}`} className={css.row}>
            {mayWrite ? (
              <>
                <Color
                  label={t('pages.color_of', { name: label.name })}
                  value={label.color}
                  onChange={(color) => patch(label, { color })}
                />
                <div className={css.grow}>
                  <LabelName label={label} onChange={(name) => patch(label, { name })} />
                </div>
                <IconButton
                  label={t('pages.delete_label', { name: label.name })}
                  icon={<Trash2 />}
                  onClick={() => setDeleting(label)}
                />
              </>
            ) : (
              <>
                <span className={css.swatch} style={{ '--swatch': label.color } as Record<string, string>} />
                <bdi>{label.name}</bdi>
              </>
            )}
          </li>
        ))}
        {labels.value?.length === 0 && <li className={`${css.row} ${css.faint}`}>{t('pages.no_labels')}</li>}
      </ul>
      {mayWrite && <NewLabel path={path} onMade={labels.reload} />}
      {deleting && (
        <ConfirmDialog
          title={t('pages.delete_label', { name: deleting.name })}
          text={t('pages.delete_label_text')}
          submit={t('common.delete')}
          onSubmit={() => rest.delete(`/labels/${deleting.id}`).then(labels.reload)}
          onClose={() => setDeleting(null)}
        />
      )}
    </section>
  );
}

/** Sends a colour when it is chosen, not while one looks for it. */
function Color(props: { label: string; value: string; onChange(color: string): void }) {
  const [value, setValue] = useState(props.value);
  return (
    <input
      type="color"
      className={css.color}
      aria-label={props.label}
      value={value}
      onChange={(event) => setValue(event.target.value)}
      onBlur={() => value !== props.value && props.onChange(value)}
    />
  );
}

function LabelName({ label, onChange }: { label: Label; onChange(name: string): void }) {
  const { t } = useI18n();
  const [name, setName] = useState(label.name);
  const save = () => {
    const next = name.trim();
    if (next === '') setName(label.name);
    else if (next !== label.name) onChange(next);
  };
  return (
    <TextField
      bare
      className={css.quietField ?? ''}
      label={t('pages.label_name')}
      value={name}
      maxLength={50}
      onChange={(event) => setName(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
    />
  );
}

function NewLabel({ path, onMade }: { path: string; onMade(): void }) {
  const { t } = useI18n();
  const { rest } = useClient();
  const action = useAction();
  const [name, setName] = useState('');
  const [color, setColor] = useState(FIRST_COLOR);
  const make = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '' && (await action.run(() => rest.post(path, { name: name.trim(), color })))) {
      setName('');
      onMade();
    }
  };
  return (
    <form className={css.newLabel} onSubmit={make}>
      <input
        type="color"
        className={css.color}
        aria-label={t('pages.color')}
        value={color}
        onChange={(event) => setColor(event.target.value)}
      />
      <TextField
        bare
        label={t('pages.new_label')}
        placeholder={t('pages.new_label')}
        value={name}
        maxLength={50}
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" busy={action.busy} disabled={name.trim() === ''}>
        <Plus aria-hidden />
        {t('common.create')}
      </Button>
      <Problem error={action.error} refused={{ CONFLICT: t('pages.label_taken') }} />
    </form>
  );
}
