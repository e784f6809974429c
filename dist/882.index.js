export const id = 882;
export const ids = [882];
export const modules = {

/***/ 1882:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   inspectZip: () => (/* binding */ inspectZip)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1455);
/* harmony import */ var node_stream_promises__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6466);
/* harmony import */ var yauzl__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(663);
/* harmony import */ var _package_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(1638);
/* harmony import */ var _problem_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(1905);







/**
 * Reads what a `.zip` is, which is sent byte for byte; only its central directory and its hash are read, as streams.
 * Throws an ArtifactProblem for what Lambda would refuse: no zip, a truncated or encrypted one, nothing in it, too
 * large.
 */
async function inspectZip(file) {
    const zippedBytes = await sizeOf(file);
    const zip = await (0,yauzl__WEBPACK_IMPORTED_MODULE_4__/* .openPromise */ .sO)(file, { lazyEntries: true, autoClose: false, decodeStrings: false }).catch(cause => {
        throw broken(file, cause);
    });
    try {
        const { unzippedBytes, entries } = await readDirectory(file, zip);
        (0,_package_js__WEBPACK_IMPORTED_MODULE_5__/* .refuseOversize */ .Q)(file, unzippedBytes);
        return { file, sha256: await hash(file), zippedBytes, unzippedBytes, entries };
    }
    finally {
        zip.close();
    }
}
async function sizeOf(file) {
    const stats = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_2__.stat)(file).catch(cause => {
        if ((0,_problem_js__WEBPACK_IMPORTED_MODULE_6__/* .errorCode */ .CA)(cause) !== 'ENOENT')
            throw (0,_problem_js__WEBPACK_IMPORTED_MODULE_6__/* .unreadable */ .O$)(file, cause);
        throw new _problem_js__WEBPACK_IMPORTED_MODULE_6__/* .ArtifactProblem */ .w(`${JSON.stringify(file)} does not exist: check the path and that the build ran`, {
            cause,
        });
    });
    if (!stats.isFile())
        throw new _problem_js__WEBPACK_IMPORTED_MODULE_6__/* .ArtifactProblem */ .w(`${JSON.stringify(file)} is not a file: give a .zip, or the directory that the build made`);
    if (stats.size === 0)
        throw new _problem_js__WEBPACK_IMPORTED_MODULE_6__/* .ArtifactProblem */ .w(`${JSON.stringify(file)} is empty: check that the build finished writing it`);
    return stats.size;
}
async function readDirectory(file, zip) {
    let unzippedBytes = 0;
    let files = 0;
    for await (const entry of entriesOf(file, zip)) {
        if (entry.isEncrypted()) {
            throw new _problem_js__WEBPACK_IMPORTED_MODULE_6__/* .ArtifactProblem */ .w(`${JSON.stringify(file)} is encrypted, and Lambda cannot unzip it: make it without a password`);
        }
        unzippedBytes += entry.uncompressedSize;
        if (!isDirectory(entry))
            files++;
    }
    if (files === 0)
        throw new _problem_js__WEBPACK_IMPORTED_MODULE_6__/* .ArtifactProblem */ .w(`${JSON.stringify(file)} holds no files: check that the build put the code into it`);
    return { unzippedBytes, entries: zip.entryCount };
}
async function* entriesOf(file, zip) {
    const entries = zip.eachEntry();
    for (;;) {
        const next = await entries.next().catch(cause => {
            throw broken(file, cause);
        });
        if (next.done)
            return;
        yield next.value;
    }
}
function isDirectory(entry) {
    return entry.fileNameRaw.at(-1) === '/'.charCodeAt(0);
}
function broken(file, cause) {
    if ((0,_problem_js__WEBPACK_IMPORTED_MODULE_6__/* .errorCode */ .CA)(cause) === 'EACCES' || (0,_problem_js__WEBPACK_IMPORTED_MODULE_6__/* .errorCode */ .CA)(cause) === 'EPERM')
        return (0,_problem_js__WEBPACK_IMPORTED_MODULE_6__/* .unreadable */ .O$)(file, cause);
    const why = cause instanceof Error ? cause.message : String(cause);
    return new _problem_js__WEBPACK_IMPORTED_MODULE_6__/* .ArtifactProblem */ .w(`${JSON.stringify(file)} cannot be read as a zip, or only in part (${why}): make it again`, { cause });
}
async function hash(file) {
    const sha256 = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256');
    await (0,node_stream_promises__WEBPACK_IMPORTED_MODULE_3__.pipeline)((0,node_fs__WEBPACK_IMPORTED_MODULE_1__.createReadStream)(file), sha256).catch(cause => {
        throw (0,_problem_js__WEBPACK_IMPORTED_MODULE_6__/* .unreadable */ .O$)(file, cause);
    });
    return sha256.digest('base64');
}


/***/ }),

/***/ 1638:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ refuseOversize)
/* harmony export */ });
/* harmony import */ var _problem_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1905);

/**
 * What Lambda takes unzipped, whatever way the zip is sent
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
const unzippedLimit = 262_144_000;
/** Throws where Lambda would refuse an artifact for its unzipped size: nothing is compressed or uploaded in vain. */
function refuseOversize(artifact, unzippedBytes) {
    if (unzippedBytes <= unzippedLimit)
        return;
    throw new _problem_js__WEBPACK_IMPORTED_MODULE_0__/* .ArtifactProblem */ .w(`${JSON.stringify(artifact)} is ${grouped(unzippedBytes)} bytes unzipped and Lambda takes at most ${grouped(unzippedLimit)}: leave out what the function does not need at run time, or deploy it as a container image`);
}
function grouped(bytes) {
    return bytes.toLocaleString('en-US');
}


/***/ }),

/***/ 1905:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   CA: () => (/* binding */ errorCode),
/* harmony export */   O$: () => (/* binding */ unreadable),
/* harmony export */   tD: () => (/* binding */ changed),
/* harmony export */   w: () => (/* binding */ ArtifactProblem)
/* harmony export */ });
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1957);

/** An artifact that cannot be deployed as it is: one sentence that says what, why, and what to do. */
class ArtifactProblem extends _failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .H {
    name = 'ArtifactProblem';
}
/** The problem behind an error of the file system on `path`, which was there a moment ago. */
function unreadable(path, cause) {
    const code = errorCode(cause);
    const name = JSON.stringify(path);
    if (code === 'EACCES' || code === 'EPERM') {
        return new ArtifactProblem(`${name} may not be read by the user that runs this step: give that user read permission`, { cause });
    }
    if (code === 'ENOENT' || code === 'ENOTDIR')
        return changed(path, { cause });
    return new ArtifactProblem(`${name} cannot be read (${code}): check the disk it is on`, { cause });
}
/** The problem of a file that is not what it was when the tree was read. */
function changed(path, options) {
    return new ArtifactProblem(`${JSON.stringify(path)} changed while it was being packed: let the build finish before this step starts`, options);
}
/** The system's short name of an error, `ENOENT` for one. */
function errorCode(error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}


/***/ })

};
