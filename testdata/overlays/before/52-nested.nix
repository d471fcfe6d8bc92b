final: prev: {
  # pyhack: begin fast-pack
  # pyhack: begin other
  # pyhack: end other
  # pyhack: end fast-pack
}
