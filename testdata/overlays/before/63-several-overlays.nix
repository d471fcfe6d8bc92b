{ a = final: prev: { }; b = final: prev: { }; }
