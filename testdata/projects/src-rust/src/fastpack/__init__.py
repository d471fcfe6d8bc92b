from ._native import pack as pack
