final: prev: {
  a = 1;
  b = 2; }
