import { Frame } from '@/app/Frame';

export default function Home() {
  return <Frame title="" />;
}
