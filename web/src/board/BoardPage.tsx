import { Frame } from '@/app/Frame';

export default function BoardPage() {
  return <Frame title="" />;
}
