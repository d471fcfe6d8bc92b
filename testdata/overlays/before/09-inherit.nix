final: prev: {
  inherit (prev)
    numpy
    scipy
    ;
  inherit pkgs;
}
