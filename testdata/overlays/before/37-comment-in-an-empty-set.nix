final: prev: {
  # stanzas
}
