import { Frame } from '@/app/Frame';

export default function Members() {
  return <Frame title="" />;
}
