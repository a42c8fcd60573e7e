declare module '*.css' {
  const text: string;
  export default text;
}
declare const TEST_BUILD: boolean;
declare const FILL_ORIGIN: 'USER' | 'AUTHOR';
