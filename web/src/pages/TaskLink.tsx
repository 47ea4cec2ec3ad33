import { Frame } from '@/app/Frame';

export default function TaskLink() {
  return <Frame title="" />;
}
