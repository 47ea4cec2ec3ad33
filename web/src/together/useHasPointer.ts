import { useMedia } from '@/ui/useMedia';

/** Whether one points with something that hovers. With a finger there is no cursor to show or to tell. */
export const useHasPointer = () => useMedia('(hover: hover) and (pointer: fine)');
