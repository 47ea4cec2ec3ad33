import { Frame } from '@/app/Frame';

export default function SearchPage() {
  return <Frame title="" />;
}
