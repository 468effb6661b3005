"""compile.py MODEL.json LIBRARY.so: has TL2cgen make C of an XGBoost model and gcc a library of that; prints where libtreelite.so is."""
import pathlib
import sys

import tl2cgen
import treelite

model, library = sys.argv[1:]
tl2cgen.export_lib(
    treelite.frontend.load_xgboost_model(model), toolchain="gcc", libpath=library, params={}, options=["-O3", "-march=native"])
print(next((pathlib.Path(treelite.__file__).parent / "lib").glob("libtreelite.so")))
