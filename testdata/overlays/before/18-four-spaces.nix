{ pkgs, hacks, ... }:
final: prev: {
    a = {
        b = 1;
    };
}
