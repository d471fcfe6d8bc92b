final: prev: {
  a = 1;
  "fast-pack".meta = { };
}
