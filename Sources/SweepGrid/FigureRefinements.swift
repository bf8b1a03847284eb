/// Refinements that all kinds of figures take.
public protocol FigureRefinement<Parameters>: Sendable {
    associatedtype Parameters: Sendable
    associatedtype Measurements: Sendable
    /// The figure with a change made to its declaration.
    func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self
}

extension PhaseDiagram: FigureRefinement {
    /// The figure with a change made to its declaration.
    public func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self {
        var copy = self
        change(&copy.declaration)
        return copy
    }
}

extension Curves: FigureRefinement {
    /// The figure with a change made to its declaration.
    public func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self {
        var copy = self
        change(&copy.declaration)
        return copy
    }
}

extension PowerLaw: FigureRefinement {
    /// The figure with a change made to its declaration.
    public func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self {
        var copy = self
        change(&copy.declaration)
        return copy
    }
}

extension Histogram: FigureRefinement {
    /// The figure with a change made to its declaration.
    public func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self {
        var copy = self
        change(&copy.declaration)
        return copy
    }
}

extension MatrixMap: FigureRefinement {
    /// The figure with a change made to its declaration.
    public func changing(_ change: (inout FigureDeclaration<Parameters, Measurements>) -> Void) -> Self {
        var copy = self
        change(&copy.declaration)
        return copy
    }
}

extension FigureRefinement {
    /// Draws a panel for each value of an axis, side by side.
    public func panels(by axis: any PartialKeyPath<Parameters> & Sendable) -> Self { changing { $0.panel = axis } }

    /// Draws a coloured curve for each value of an axis.
    public func colored(by axis: any PartialKeyPath<Parameters> & Sendable) -> Self { changing { $0.color = axis } }

    /// Adds a theory curve: for a heat map the abscissa of the boundary in each row, for curves the ordinate.
    public func theory(_ label: String, _ value: @escaping @Sendable (Parameters) -> Double) -> Self {
        changing { $0.theory.append((label, { parameters, _ in value(parameters) })) }
    }

    /// Adds a theory curve whose values are integers.
    public func theory(_ label: String, _ value: @escaping @Sendable (Parameters) -> Int) -> Self {
        changing { $0.theory.append((label, { parameters, _ in Double(value(parameters)) })) }
    }

    /// Adds a theory curve of the parameters and the abscissa, for curves along a recorded dimension.
    public func theory(_ label: String, _ value: @escaping @Sendable (Parameters, Double) -> Double) -> Self {
        changing { $0.theory.append((label, value)) }
    }

    /// Computes the abscissa of curves from the parameters and the axis: `.against("t / t_S") { $1 / $0.speciationTime }`.
    ///
    /// Curves that fall onto each other then are a scaling collapse.
    public func against(_ title: String, _ abscissa: @escaping @Sendable (Parameters, Double) -> Double) -> Self {
        changing { $0.abscissa = (title, abscissa) }
    }

    /// Adds published points, at the abscissas where they are numbers.
    public func published(_ label: String, _ value: @escaping @Sendable (Parameters, Double) -> Double) -> Self {
        changing { $0.published.append((label, value)) }
    }

    /// Adds a vertical line, at an abscissa that may depend on panel and colour.
    public func line(x label: String, at position: @escaping @Sendable (Parameters) -> Double) -> Self {
        changing { $0.guides.append(.init(label: label, isVertical: true, position: position, end: nil)) }
    }

    /// Adds a horizontal line, at an ordinate that may depend on the panel.
    public func line(y label: String, at position: @escaping @Sendable (Parameters) -> Double) -> Self {
        changing { $0.guides.append(.init(label: label, isVertical: false, position: position, end: nil)) }
    }

    /// Adds a grey band of abscissas or ordinates.
    public func band(x label: String, _ range: ClosedRange<Double>) -> Self {
        changing {
            $0.guides.append(
                .init(label: label, isVertical: true, position: { _ in range.lowerBound }, end: range.upperBound))
        }
    }

    /// Adds a grey band of ordinates.
    public func band(y label: String, _ range: ClosedRange<Double>) -> Self {
        changing {
            $0.guides.append(
                .init(label: label, isVertical: false, position: { _ in range.lowerBound }, end: range.upperBound))
        }
    }

    /// Shows one value of an axis that is neither drawn nor coloured nor panelled.
    public func at<V: ParameterValue>(_ axis: any KeyPath<Parameters, V> & Sendable, _ value: V) -> Self {
        changing { $0.selections.append((axis, value.value)) }
    }

    /// Sets the stem of the files' names; by default `phase-diagram` for the first figure, else the measurement's name.
    public func named(_ name: String) -> Self { changing { $0.name = name } }

    /// Sets the heading.
    public func titled(_ title: String) -> Self { changing { $0.title = title } }

    /// Spaces axes logarithmically.
    public func logarithmic(x: Bool = false, y: Bool = false) -> Self {
        changing {
            if x { $0.xScale = .logarithmic }
            if y { $0.yScale = .logarithmic }
        }
    }
}
