/** How the list is grouped and sorted: what narrow windows, which show no heads of columns, choose it by too. */
import { ArrowDownUp, Rows3 } from 'lucide-react';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import { Menu, MenuCheck, MenuLine } from '@/ui/Menu';
import { type Arrangement, GROUPINGS, SORTS } from './list';
import css from './list.module.css';

interface Props {
  arrangement: Arrangement;
  onChange(next: Arrangement): void;
}

export function ListTools({ arrangement, onChange }: Props) {
  const { t } = useI18n();
  const { sort, descending, group } = arrangement;
  return (
    <div className={css.tools}>
      <Menu
        align="start"
        trigger={
          <Button small look="quiet">
            <Rows3 aria-hidden />
            {t('views.list_group', { by: t(`views.group_${group}`) })}
          </Button>
        }
      >
        {GROUPINGS.map((one) => (
          <MenuCheck key={one} checked={one === group} onChange={() => onChange({ ...arrangement, group: one })}>
            {t(`views.group_${one}`)}
          </MenuCheck>
        ))}
      </Menu>
      <Menu
        align="start"
        trigger={
          <Button small look="quiet">
            <ArrowDownUp aria-hidden />
            {t('views.list_sort', { by: t(sort ? `views.sort_${sort}` : 'views.sort_board') })}
          </Button>
        }
      >
        <MenuCheck checked={sort === null} onChange={() => onChange({ ...arrangement, sort: null, descending: false })}>
          {t('views.sort_board')}
        </MenuCheck>
        {SORTS.map((one) => (
          <MenuCheck key={one} checked={one === sort} onChange={() => onChange({ ...arrangement, sort: one })}>
            {t(`views.sort_${one}`)}
          </MenuCheck>
        ))}
        {sort && (
          <>
            <MenuLine />
            <MenuCheck checked={descending} onChange={() => onChange({ ...arrangement, descending: !descending })}>
              {t('views.list_descending')}
            </MenuCheck>
          </>
        )}
      </Menu>
    </div>
  );
}
