final: prev: {
  a = 1;
  # pyhack: end fast-pack
}
