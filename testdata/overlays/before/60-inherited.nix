final: prev: {
  inherit (prev) numpy fast-pack;
}
