final: prev: {
  # pyhack: begin fast-pack
  a = 1;
}
