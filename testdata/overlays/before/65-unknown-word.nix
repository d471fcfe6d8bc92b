final: prev: {
  # pyhack: begin fast-pack
  # pyhack: form {}
  # pyhack: end fast-pack
}
