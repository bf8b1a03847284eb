/// What this processor can run.
package enum Processor {
    /// The kernels that runs use whose hosts may differ.
    package static let portableKernels = "Haswell"

    /// The instruction sets that this package's own kernels are compiled for and that this processor has, the widest last.
    package static var instructionSets: [String] {
        InstructionSet.allCases.filter(\.isSupported).map { set in
            switch set {
            case .baseline: "x86-64"
            case .x86_64_v3: "x86-64-v3 (AVX2)"
            case .x86_64_v4: "x86-64-v4 (AVX-512)"
            }
        }
    }

    /// Whether the portable kernels run here: they need AVX2.
    package static var hasPortableKernels: Bool { InstructionSet.x86_64_v3.isSupported }
}
