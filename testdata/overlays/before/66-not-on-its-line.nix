final: prev: { a = 1; # pyhack: begin fast-pack
  # pyhack: end fast-pack
}
