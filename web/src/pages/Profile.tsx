import { Frame } from '@/app/Frame';

export default function Profile() {
  return <Frame title="" />;
}
