import { Frame } from '@/app/Frame';

export default function SignIn() {
  return <Frame title="" />;
}
