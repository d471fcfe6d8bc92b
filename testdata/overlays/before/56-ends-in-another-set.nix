final: prev: {
  # pyhack: begin fast-pack
  a = {
    # pyhack: end fast-pack
  };
}
