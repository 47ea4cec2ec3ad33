import { Frame } from '@/app/Frame';

export default function Workspace() {
  return <Frame title="" />;
}
