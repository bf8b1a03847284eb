internal import COpenBLAS

/// What does the arithmetic of this process: the version of OpenBLAS, its kernels, its threads.
///
/// Bits of a product depend on the kernel family and on the number of threads, so both belong to the record of a run.
public enum BLAS {
    /// OpenBLAS's release, for example `0.3.21`.
    public static var version: String {
        let words = configuration.split(separator: " ")
        guard let name = words.firstIndex(of: "OpenBLAS"), name + 1 < words.count else { return "unknown" }
        return String(words[name + 1])
    }

    /// The kernels chosen for this processor or by OPENBLAS_CORETYPE, for example `Haswell` or `SkylakeX`.
    ///
    /// OpenBLAS reads the variable when it is loaded; it cannot be changed in a running process.
    public static var kernelFamily: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }

    /// OpenBLAS's own description of its build.
    public static var configuration: String { openblas_get_config().map { String(cString: $0) } ?? "unknown" }

    /// How many threads one product may use.
    public static var threads: Int {
        prepare()
        return Int(openblas_get_num_threads())
    }

    /// Lets one product use several threads; without a call to this every process uses one.
    public static func limitThreads(to count: Int) {
        prepare()
        openblas_set_num_threads(Int32(clamping: max(count, 1)))
    }

    /// Sets one thread, once per process, before the first matrix exists: results must not depend on the core count.
    @usableFromInline static func prepare() { _ = oneThread }

    private static let oneThread: Void = openblas_set_num_threads(1)
}
