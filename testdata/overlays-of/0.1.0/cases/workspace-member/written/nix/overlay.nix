{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"../project/crates/python"}
  # pyhack: made source=464afacdc59dd609 lock=179e12003febcf39 build=048cd03e5002391d rules=a5bbd3676356d80a text=c72ad85945bcdf7f up=2
  fast-pack =
    (hacks.importCargoLock {
      prev = prev.fast-pack;
      cargoRoot = "../..";
      importCargoLockArgs = {
        lockFile = ../project/Cargo.lock;
      };
    }).overrideAttrs
      (old: {
        src = builtins.path {
          path = ../project;
          name = "source";
        };
        sourceRoot = "source/crates/python";
        env = (old.env or { }) // {
          CARGO_TARGET_DIR = "./target";
        };
      });
  # pyhack: end fast-pack
}
