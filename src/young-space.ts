import { setFlagsFromString } from 'node:v8';

// The room for young objects would grow to over 100 MB and stay so; every git that is started copies the page tables.
setFlagsFromString('--semi-space-growth-factor=1');
