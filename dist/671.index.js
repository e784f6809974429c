export const id = 671;
export const ids = [671];
export const modules = {

/***/ 2671:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  packDirectory: () => (/* binding */ packDirectory)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:timers/promises"
var external_node_timers_promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(8522);
// EXTERNAL MODULE: ./node_modules/pako/dist/pako.mjs
var pako = __webpack_require__(9925);
;// CONCATENATED MODULE: ./lib/artifact/deflate.js

/**
 * Raw deflate of one file after another, over the same memory. It is pako and not node:zlib, because Node's is
 * Chromium's, whose output depends on the CPU's instructions and on the version of Node; this is plain JavaScript,
 * the same everywhere. Blocks must be cut the same way each time, since zlib's output may depend on the cuts.
 */
class Deflater {
    #stream = new pako/* ZStream */.vZ();
    constructor() {
        expect((0,pako/* zlibDeflateInit2 */.N2)(this.#stream, level, deflated, rawWindowBits, memoryLevel, pako/* Z_DEFAULT_STRATEGY */.Ji), pako/* Z_OK */.C2);
        this.#stream.output = new Uint8Array(pieceBytes);
    }
    /**
     * The compressed pieces that a block gives; after the last block of a file, or of a part of one, anything may begin.
     */
    *deflate(block, ends) {
        const stream = this.#stream;
        stream.input = block;
        stream.next_in = 0;
        stream.avail_in = block.length;
        let status;
        do {
            stream.next_out = 0;
            stream.avail_out = pieceBytes;
            status = (0,pako/* zlibDeflate */.Vz)(stream, flush[ends]);
            if (stream.next_out > 0)
                yield stream.output.slice(0, stream.next_out);
        } while (stream.avail_out === 0);
        if (ends === 'more')
            return;
        expect(status, ends === 'file' ? pako/* Z_STREAM_END */.Mt : pako/* Z_OK */.C2);
        expect((0,pako/* zlibDeflateReset */.si)(stream), pako/* Z_OK */.C2);
        // It looks a byte beyond what it was given, where a reset leaves what was compressed before.
        stream.state.window.fill(0);
    }
}
/** A part that is not a file's last ends at a full byte, where the next one is put. */
const flush = { more: pako/* Z_NO_FLUSH */.W, part: pako/* Z_SYNC_FLUSH */._c, file: pako/* Z_FINISH */.HZ };
/** Takes four fifths of the time of zlib's usual 6, for a result that is one or two percent larger. */
const level = 5;
const deflated = 8;
const rawWindowBits = -15;
const memoryLevel = 8;
const pieceBytes = 64 * 1024;
function expect(status, wanted) {
    if (status !== wanted)
        throw new Error(`deflate ended with status ${status}`);
}

// EXTERNAL MODULE: ./lib/artifact/problem.js
var problem = __webpack_require__(1905);
;// CONCATENATED MODULE: ./lib/artifact/store.js
/** A deflate stream's block that is not compressed holds so many bytes at most; half of what is read at a time fits. */
const storedBytes = 32 * 1024;
const headerBytes = 5;
/** Looked at are so many bytes of a block, evenly spread. Of much fewer nothing can be told. */
const sampled = 4096;
const fewest = 1024;
/**
 * So much less evenly than by pure chance bytes may fall: coding them would save a hundredth, and take its full time.
 */
const tolerance = 1.05;
const counts = new Uint32Array(256);
/**
 * Whether a block is as if compressed already: an image, an archive, a font. All byte values are about as frequent
 * then. Counted in whole numbers, so that the answer is the same everywhere.
 */
function isDense(block) {
    const stride = Math.max(1, Math.floor(block.length / sampled));
    const taken = Math.floor(block.length / stride);
    if (taken < fewest)
        return false;
    counts.fill(0);
    for (let i = 0; i < taken; i++) {
        const byte = block[i * stride] ?? 0;
        counts[byte] = (counts[byte] ?? 0) + 1;
    }
    let squares = 0;
    for (const count of counts)
        squares += count * count;
    return squares <= tolerance * (taken + (taken * (taken - 1)) / 256);
}
/** A block as a deflate stream holds it uncompressed; `ends` that stream. It begins and ends at a full byte. */
function stored(block, ends) {
    const count = Math.ceil(block.length / storedBytes);
    const piece = Buffer.from(new ArrayBuffer(block.length + count * headerBytes));
    let at = 0;
    for (let from = 0; from < block.length; from += storedBytes) {
        const some = block.subarray(from, from + storedBytes);
        at = piece.writeUInt8(ends && from + some.length === block.length ? 1 : 0, at);
        at = piece.writeUInt16LE(some.length, at);
        at = piece.writeUInt16LE(0xffff - some.length, at);
        piece.set(some, at);
        at += some.length;
    }
    return piece;
}

;// CONCATENATED MODULE: ./lib/artifact/compress.js






const partBytes = 2 * 1024 * 1024;
const blockBytes = 64 * 1024;
/**
 * The parts of a file. Each is compressed by itself and not with what is before it in mind, so that two can be at work
 * on one file; that costs well under a thousandth of its size. The cuts are the same everywhere, as its bytes must be.
 */
function partsOf(place, bytes) {
    const count = Math.max(1, Math.ceil(bytes / partBytes));
    return Array.from({ length: count }, (_, i) => {
        const from = i * partBytes;
        return { place, from, bytes: Math.min(partBytes, bytes - from), last: i === count - 1 };
    });
}
/**
 * The CRC-32 of two stretches of bytes, one after the other, from those of each; the second is no longer than a part.
 */
function joinedCrc32(before, after, bytesAfter) {
    if (before === 0)
        return after;
    const nothing = zeros.subarray(0, bytesAfter);
    return ((0,external_node_zlib_.crc32)(nothing, before) ^ (0,external_node_zlib_.crc32)(nothing) ^ after) >>> 0;
}
const zeros = Buffer.alloc(partBytes);
/** Compresses parts one after another, over the same memory. It waits for the disk and the processor. */
class Compressor {
    #deflater = new Deflater();
    #block = Buffer.allocUnsafe(blockBytes);
    compress(part) {
        try {
            const file = (0,external_node_fs_.openSync)(part.place, 'r');
            try {
                return this.#read(file, part);
            }
            finally {
                (0,external_node_fs_.closeSync)(file);
            }
        }
        catch (error) {
            return { kind: 'unreadable', code: (0,problem/* errorCode */.CA)(error) };
        }
    }
    #read(file, { from, bytes, last }) {
        const pieces = [];
        let checksum = 0;
        let done = 0;
        let isStored = true;
        do {
            const block = this.#readBlock(file, from + done, Math.min(blockBytes, bytes - done));
            if (block === undefined)
                return { kind: 'changed' };
            done += block.length;
            checksum = (0,external_node_zlib_.crc32)(block, checksum);
            // Once something was deflated, what follows may refer to it.
            isStored &&= isDense(block);
            if (isStored)
                pieces.push(stored(block, last && done === bytes));
            else
                pieces.push(...this.#deflater.deflate(block, done < bytes ? 'more' : last ? 'file' : 'part'));
        } while (done < bytes);
        // It may have grown.
        if (last && (0,external_node_fs_.readSync)(file, this.#block, 0, 1, from + bytes) > 0)
            return { kind: 'changed' };
        return { kind: 'compressed', pieces, crc32: checksum };
    }
    /** So many bytes from there, however few the system returns at a time; undefined where the file ends before. */
    #readBlock(file, from, bytes) {
        let filled = 0;
        while (filled < bytes) {
            const read = (0,external_node_fs_.readSync)(file, this.#block, filled, bytes - filled, from + filled);
            if (read === 0)
                return undefined;
            filled += read;
        }
        return this.#block.subarray(0, filled);
    }
}
/** Compresses where it is asked, without threads; between parts everything else has its turn, a cancel for one. */
function compressingHere() {
    const compressor = new Compressor();
    return {
        bytesAhead: 1,
        compress: async (part) => {
            await external_node_timers_promises_.scheduler.yield();
            return compressor.compress(part);
        },
        close: async () => { },
    };
}

// EXTERNAL MODULE: ./lib/artifact/package.js
var artifact_package = __webpack_require__(1638);
// EXTERNAL MODULE: external "node:worker_threads"
var external_node_worker_threads_ = __webpack_require__(5919);
;// CONCATENATED MODULE: ./lib/artifact/threads.js

/** So many parts wait at a thread, besides the one that it is at: it need not wait for us then. */
const mostWaiting = 2;
const bytesAheadEach = 3 * 1024 * 1024;
/** Threads that compress side by side. `entry` is the file that they run, which must load `thread.ts`. */
class Threads {
    bytesAhead;
    #threads;
    #waiting = [];
    constructor(entry, count) {
        this.bytesAhead = count * bytesAheadEach;
        this.#threads = Array.from({ length: count }, () => this.#start(entry));
    }
    compress(part) {
        return new Promise((resolve, reject) => {
            this.#waiting.push({ part, asked: { resolve, reject } });
            this.#hand();
        });
    }
    async close() {
        await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
    }
    #start(entry) {
        const thread = { worker: new external_node_worker_threads_.Worker(entry), asked: [] };
        thread.worker.on('message', (compressed) => {
            thread.asked.shift()?.resolve(compressed);
            this.#hand();
        });
        thread.worker.on('error', error => {
            for (const { reject } of thread.asked.splice(0))
                reject(error);
        });
        return thread;
    }
    /** Gives what waits to whoever has least to do. */
    #hand() {
        for (;;) {
            const [least] = this.#threads.toSorted((a, b) => a.asked.length - b.asked.length);
            if (least === undefined || least.asked.length > mostWaiting)
                return;
            const next = this.#waiting.shift();
            if (next === undefined)
                return;
            least.asked.push(next.asked);
            least.worker.postMessage(next.part);
        }
    }
}

// EXTERNAL MODULE: external "node:buffer"
var external_node_buffer_ = __webpack_require__(6954);
;// CONCATENATED MODULE: ./lib/artifact/links.js

/**
 * Where a path of the tree ends up, through links to links and links to directories. Pure: only what is in the tree
 * counts, since only that will be there when Lambda unpacks it; a way out and back in by the tree's old name is a way
 * out.
 */
function whereItLeads(path, tree) {
    const here = []; // free of links at all times, so `..` is simply one name less
    const ahead = path.split('/');
    let linksFollowed = 0;
    for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
        if (name === '' || name === '.')
            continue;
        if (name === '..') {
            if (here.pop() === undefined)
                return 'outside';
            continue;
        }
        here.push(name);
        const node = tree.get(here.join('/'));
        if (node === undefined || (node.kind === 'file' && ahead.length > 0))
            return 'nowhere';
        if (node.kind === 'link') {
            if ((0,external_node_path_.isAbsolute)(node.target))
                return 'outside';
            if (++linksFollowed > mostLinks)
                return 'nowhere';
            here.pop();
            ahead.unshift(...node.target.split('/'));
        }
    }
    return 'inside';
}
/** Linux gives up after 40, which also ends links that lead to themselves. */
const mostLinks = 40;

;// CONCATENATED MODULE: ./lib/artifact/tree.js





/**
 * What there is to pack in a directory, in the byte order of the paths; of the directories in it only the empty ones,
 * because the others come with what they hold. Hidden files, `.git`, caches: all of it is what the build made, and a
 * rule that drops some of it would one day drop what a function needs. Throws an ArtifactProblem for what a zip cannot
 * carry to Lambda.
 */
async function readTree(directory) {
    await requireDirectory(directory);
    const items = await readAll(directory);
    if (!items.some(item => item.kind === 'file')) {
        throw new problem/* ArtifactProblem */.w(`${JSON.stringify(directory)} holds no files: check that the build ran and wrote there`);
    }
    requireLinksInside(directory, items);
    const parents = new Set(items.map(item => external_node_path_.posix.dirname(item.path)));
    return inByteOrder(items.filter(item => item.kind !== 'directory' || !parents.has(item.path)));
}
/**
 * The order of JavaScript's strings differs, for characters beyond the basic plane; that of a locale differs by
 * machine.
 */
function inByteOrder(items) {
    const keyed = items.map(item => ({ item, key: Buffer.from(item.path) }));
    return keyed.sort((a, b) => a.key.compare(b.key)).map(({ item }) => item);
}
async function requireDirectory(directory) {
    const stats = await (0,promises_.stat)(directory).catch(cause => {
        if ((0,problem/* errorCode */.CA)(cause) !== 'ENOENT')
            throw (0,problem/* unreadable */.O$)(directory, cause);
        throw new problem/* ArtifactProblem */.w(`${JSON.stringify(directory)} does not exist: check the path and that the build ran`, {
            cause,
        });
    });
    if (!stats.isDirectory()) {
        throw new problem/* ArtifactProblem */.w(`${JSON.stringify(directory)} is not a directory: give the directory that the build made, or a .zip`);
    }
}
/** One directory at a time: a large tree read all at once would take more memory than packing it. */
async function readAll(directory) {
    const items = [];
    const ahead = [''];
    for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
        for (const item of await readOne(directory, path)) {
            items.push(item);
            if (item.kind === 'directory')
                ahead.push(item.path);
        }
    }
    return items;
}
async function readOne(directory, path) {
    const parent = (0,external_node_path_.join)(directory, path);
    const names = await (0,promises_.readdir)(parent, { encoding: 'buffer' }).catch(cause => {
        throw (0,problem/* unreadable */.O$)(parent, cause);
    });
    return Promise.all(names.map(name => readItem(directory, external_node_path_.posix.join(path, readName(parent, name)))));
}
async function readItem(directory, path) {
    const place = (0,external_node_path_.join)(directory, path);
    const stats = await (0,promises_.lstat)(place).catch(cause => {
        throw (0,problem/* unreadable */.O$)(place, cause);
    });
    if (stats.isFile())
        return { kind: 'file', path, bytes: stats.size, executable: (stats.mode & 0o111) !== 0 };
    if (stats.isSymbolicLink())
        return { kind: 'link', path, target: await readTarget(place) };
    if (stats.isDirectory())
        return { kind: 'directory', path };
    throw new problem/* ArtifactProblem */.w(`${JSON.stringify(place)} is ${special(stats)}, which a zip cannot carry: remove it from the build's output`);
}
async function readTarget(place) {
    const target = await (0,promises_.readlink)(place, { encoding: 'buffer' }).catch(cause => {
        throw (0,problem/* unreadable */.O$)(place, cause);
    });
    if (!(0,external_node_buffer_.isUtf8)(target)) {
        throw new problem/* ArtifactProblem */.w(`the target of the symbolic link ${JSON.stringify(place)} is not valid UTF-8: rename what it points at`);
    }
    return target.toString().replaceAll(external_node_path_.sep, '/');
}
function readName(parent, bytes) {
    const name = bytes.toString();
    if (!(0,external_node_buffer_.isUtf8)(bytes)) {
        throw new problem/* ArtifactProblem */.w(`${JSON.stringify((0,external_node_path_.join)(parent, name))} has a name that is not valid UTF-8, which would come out differently on Lambda: rename it`);
    }
    // Some unpackers take it for a separator, so that the file lands elsewhere.
    if (name.includes('\\')) {
        throw new problem/* ArtifactProblem */.w(`${JSON.stringify((0,external_node_path_.join)(parent, name))} has a backslash in its name, which unzips differently from tool to tool: rename it`);
    }
    return name;
}
function special(stats) {
    if (stats.isFIFO())
        return 'a FIFO';
    if (stats.isSocket())
        return 'a socket';
    return 'a device';
}
function requireLinksInside(directory, items) {
    const tree = new Map(items.map(item => [item.path, item]));
    for (const item of items) {
        if (item.kind !== 'link')
            continue;
        const link = `${JSON.stringify((0,external_node_path_.join)(directory, item.path))} is a symbolic link to ${JSON.stringify(item.target)}`;
        switch (whereItLeads(item.path, tree)) {
            case 'inside':
                break;
            case 'outside':
                throw new problem/* ArtifactProblem */.w(`${link}, out of ${JSON.stringify(directory)}, and would be broken on Lambda: put a copy in its place`);
            case 'nowhere':
                throw new problem/* ArtifactProblem */.w(`${link}, where there is nothing: remove the link or build what it points at`);
        }
    }
}

// EXTERNAL MODULE: ./node_modules/fflate/esm/index.mjs
var esm = __webpack_require__(1306);
;// CONCATENATED MODULE: ./lib/artifact/zip.js




/**
 * A zip streamed to a file and hashed on its way. fflate writes the format, and takes data that was compressed
 * elsewhere; it adds no extra fields, and what it would take from the machine (time, system) is fixed here.
 */
class ZipOutput {
    #file;
    #hash = (0,external_node_crypto_.createHash)('sha256');
    #buffer = Buffer.allocUnsafe(256 * 1024);
    #buffered = 0;
    #zippedBytes = 0;
    #zip = new esm/* Zip */.qQ((error, piece) => {
        if (error)
            throw error;
        this.#take(piece);
    });
    /** `file` is an open one's descriptor. */
    constructor(file) {
        this.#file = file;
    }
    /** Begins an entry whose data comes deflated; it must end before the next begins. */
    deflated(path, mode) {
        return this.#begin(path, mode, 8);
    }
    /** Adds an entry whose data is small and kept as it is. */
    store(path, mode, data) {
        const entry = this.#begin(path, mode, 0);
        entry.push(data);
        entry.end((0,external_node_zlib_.crc32)(data), data.length);
    }
    /** Writes the central directory and what else waits. */
    end() {
        this.#zip.end();
        this.#flush();
        return { sha256: this.#hash.digest('base64'), zippedBytes: this.#zippedBytes };
    }
    /** Copies a piece, so that nobody waits for its memory, and writes once that is worth it. */
    #take(piece) {
        for (let taken = 0; taken < piece.length;) {
            if (this.#buffered === this.#buffer.length)
                this.#flush();
            const some = piece.subarray(taken, taken + this.#buffer.length - this.#buffered);
            this.#buffer.set(some, this.#buffered);
            this.#buffered += some.length;
            taken += some.length;
        }
    }
    #flush() {
        const data = this.#buffer.subarray(0, this.#buffered);
        this.#hash.update(data);
        for (let written = 0; written < data.length;)
            written += (0,external_node_fs_.writeSync)(this.#file, data, written);
        this.#zippedBytes += data.length;
        this.#buffered = 0;
    }
    #begin(path, mode, compression) {
        const entry = {
            filename: path,
            compression,
            os: unix,
            attrs: mode * 0x10000, // the upper half of the external attributes
            mtime: new Date(1980, 0, 1, 12), // fflate writes local time, so this reads the same in every zone; none skips a noon
            crc: 0,
            size: 0,
        };
        this.#zip.add(entry);
        const emit = (data, final) => entry.ondata?.(null, data, final);
        return {
            push: piece => emit(piece, false),
            end: (crc32, bytes) => {
                entry.crc = crc32;
                entry.size = bytes;
                emit(new Uint8Array(), true);
            },
        };
    }
}
const unix = 3;

;// CONCATENATED MODULE: ./lib/artifact/pack.js










/**
 * Packs a directory into a new zip in `scratch`. The same tree gives the same bytes on any machine: entries in byte
 * order, one fixed time, 0644 or (with any execute bit) 0755, no owners. Symbolic links stay links; directories are
 * stored only where they are empty, because the others come with their files. Throws an ArtifactProblem for a tree
 * that Lambda could not take, before anything is compressed where that can be known. A large tree is compressed by
 * threads that run `entry`, if it is given.
 */
async function packDirectory(directory, scratch, entry) {
    const items = await readTree(directory);
    const unzippedBytes = items.reduce((sum, item) => sum + contentBytes(item), 0);
    (0,artifact_package/* refuseOversize */.Q)(directory, unzippedBytes);
    if (items.length > mostEntries) {
        throw new problem/* ArtifactProblem */.w(`${JSON.stringify(directory)} holds ${items.length} files, and the zips made here at most ${mostEntries}: bundle the function's code into fewer files, or make the .zip in the build`);
    }
    await (0,promises_.mkdir)(scratch, { recursive: true });
    const file = (0,external_node_path_.join)(scratch, `${(0,external_node_crypto_.randomUUID)()}.zip`);
    const compressing = entry === undefined || unzippedBytes < worthThreads ? compressingHere() : new Threads(entry, threadsAtMost);
    try {
        const written = await writeZip(file, directory, items, compressing);
        return { file, ...written, unzippedBytes, entries: items.length };
    }
    catch (error) {
        await (0,promises_.rm)(file, { force: true });
        throw error;
    }
    finally {
        await compressing.close();
    }
}
/** Smaller trees are packed before threads have started. */
const worthThreads = 4_000_000;
/** More would not be faster: what they give has to be hashed and written, one after the other. */
const threadsAtMost = Math.min(4, (0,external_node_os_.availableParallelism)());
/** More would take zip64, which fflate does not write. */
const mostEntries = 65_535;
function contentBytes(item) {
    switch (item.kind) {
        case 'file':
            return item.bytes;
        case 'link':
            return Buffer.byteLength(item.target);
        case 'directory':
            return 0;
    }
}
async function writeZip(file, directory, items, compressing) {
    const output = await (0,promises_.open)(file, 'wx');
    try {
        const zip = new ZipOutput(output.fd);
        const compressed = inTurn(filesOf(directory, items), compressing);
        for (const item of items) {
            switch (item.kind) {
                case 'file': {
                    const entry = zip.deflated(item.path, item.executable ? 0o100755 : 0o100644);
                    let checksum = 0;
                    for (const part of partsOf((0,external_node_path_.join)(directory, item.path), item.bytes)) {
                        const { pieces, crc32 } = await compressed();
                        checksum = joinedCrc32(checksum, crc32, part.bytes);
                        for (const piece of pieces) {
                            entry.push(piece);
                            // Its memory is free at once, and not when somebody collects it.
                            piece.buffer.transfer(0);
                        }
                    }
                    entry.end(checksum, item.bytes);
                    break;
                }
                case 'link':
                    zip.store(item.path, 0o120777, Buffer.from(item.target));
                    break;
                case 'directory':
                    zip.store(`${item.path}/`, 0o40755, Buffer.alloc(0));
                    break;
            }
        }
        return zip.end();
    }
    finally {
        await output.close();
    }
}
function filesOf(directory, items) {
    return items.flatMap(item => (item.kind === 'file' ? partsOf((0,external_node_path_.join)(directory, item.path), item.bytes) : []));
}
/** Gives what becomes of the parts, one a call in their order, while those after it are being compressed already. */
function inTurn(parts, compressing) {
    const begun = [];
    let next = 0;
    let bytesAhead = 0;
    return async () => {
        for (let part = parts[next]; part !== undefined && bytesAhead < compressing.bytesAhead; part = parts[++next]) {
            const compressed = compressing.compress(part);
            // One that fails before its turn comes is told of in its turn.
            compressed.catch(() => { });
            begun.push({ part, compressed });
            bytesAhead += part.bytes + eachBytes;
        }
        const first = begun.shift();
        if (first === undefined)
            throw new Error('there are no more parts');
        const { place, bytes } = first.part;
        const compressed = await first.compressed;
        bytesAhead -= bytes + eachBytes;
        switch (compressed.kind) {
            case 'compressed':
                return compressed;
            case 'changed':
                throw (0,problem/* changed */.tD)(place);
            case 'unreadable':
                throw (0,problem/* unreadable */.O$)(place, compressed.code);
        }
    };
}
/** What a part takes besides what is in it. */
const eachBytes = 64 * 1024;


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
