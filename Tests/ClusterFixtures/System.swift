import Glibc
import Synchronization

/// Sleeps for so many milliseconds.
package func sleep(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

package func raiseSegmentationFault() -> Never {
    signal(SIGSEGV, SIG_DFL)
    raise(SIGSEGV)
    exit(1)
}

func endProcess(_ status: Int32) -> Never { exit(status) }

/// Whether this host shall fail at delicate tasks.
let isBroken = getenv("FIXTURE_BROKEN") != nil

/// Starts a program and does not wait for it.
func start(_ program: String, _ arguments: [String]) {
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var process: pid_t = 0
    posix_spawn(&process, program, nil, nil, &words, environ)
    for word in words { free(word) }
}

/// How many lines the file has that a variable names.
func lineCount(ofFileNamedBy variable: String) -> Int {
    guard let path = getenv(variable), let file = fopen(path, "re") else { return 0 }
    defer { fclose(file) }
    var count = 0
    while case let byte = getc(file), byte != EOF { if byte == 10 { count += 1 } }
    return count
}

/// Whether this process shall give other results than it should.
let isAltered = getenv("FIXTURE_ALTERED") != nil

/// Adds a byte to the file that FIXTURE_STEPS names, if it names one.
func countStep() {
    guard let path = getenv("FIXTURE_STEPS") else { return }
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { return }
    write(file, ".", 1)
    close(file)
}

/// How many tasks this process has begun.
private let begun = Atomic(0)

/// Lets the first hundred tasks of a process pass, and the others once the file is there that FIXTURE_GATE names.
///
/// So a test has as much time as it needs for what shall happen in the middle of a run. Without the variable all pass.
func passGate() {
    guard let gate = getenv("FIXTURE_GATE"), begun.add(1, ordering: .relaxed).newValue > 100 else { return }
    while access(gate, F_OK) != 0 { sleep(milliseconds: 5) }
}
