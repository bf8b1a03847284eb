import Glibc

/// Sleeps for so many milliseconds.
public func sleep(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

func raiseSegmentationFault() -> Never {
    signal(SIGSEGV, SIG_DFL)
    raise(SIGSEGV)
    exit(1)
}

func endProcess(_ status: Int32) -> Never { exit(status) }

/// Whether this process shall give other results than it should.
let isAltered = getenv("FIXTURE_ALTERED") != nil
