{ pkgs }: { a = 1; }
