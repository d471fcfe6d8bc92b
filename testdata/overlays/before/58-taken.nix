final: prev: {
  fast-pack = prev.fast-pack;
}
