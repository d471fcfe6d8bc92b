{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"project"}
  # pyhack: made source=3ead1ac6429782c9 lock=de82e127046397fd build=048cd03e5002391d rules=a5bbd3676356d80a text=e33325cd34407390
  fast-pack = hacks.importCargoLock {
    prev = prev.fast-pack;
    cargoRoot = "rust";
    importCargoLockArgs = {
      outputHashes = {
        # revision 14b9dc3c908490bc962cd43e054e87f2f66a9a99
        "helper-0.3.0" = "sha256-y/Wd7ohpIWwC5jLCIcVTeHjJU0Z7Ejobc5+JieK/Oi4=";
      };
    };
  };
  # pyhack: end fast-pack
}
