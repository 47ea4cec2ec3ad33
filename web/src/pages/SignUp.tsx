import { Frame } from '@/app/Frame';

export default function SignUp() {
  return <Frame title="" />;
}
