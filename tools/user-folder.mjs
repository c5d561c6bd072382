/**
 * Loaded by the scripts of package.json before the program: paths are meant from the folder the user stands in, but npm runs a script
 * in the package's own (`npm --prefix DIR run …`, or from a folder below it). Where it was called from, npm leaves in INIT_CWD.
 *
 * The programs themselves do not look at INIT_CWD: it is inherited by whatever a script starts, so they could not tell whether it was
 * meant for them.
 */

const { INIT_CWD: folder } = process.env;

if (folder !== undefined) {
  try {
    process.chdir(folder);
  } catch (error) {
    console.error(
      `impasto: the folder ${folder}, from which npm was called, cannot be entered (${error.code}); go elsewhere`,
    );
    process.exit(2);
  }
}
