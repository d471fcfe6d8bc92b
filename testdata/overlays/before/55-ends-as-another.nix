final: prev: {
  # pyhack: begin fast-pack
  # pyhack: end slow-pack
}
