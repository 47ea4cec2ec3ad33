import { Frame } from '@/app/Frame';

export default function Operators() {
  return <Frame title="" />;
}
