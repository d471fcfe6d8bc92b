{
  lib,
  hacks,
  pkgs,
}:
{
  overlay = final: prev: {
    a = prev.a;
  };
  helper = final: final.a;
}
