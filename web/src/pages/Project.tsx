import { Frame } from '@/app/Frame';

export default function Project() {
  return <Frame title="" />;
}
