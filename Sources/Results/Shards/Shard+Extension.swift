package import SweepGrid

extension Shard {
    /// The results under the task numbers and the layout of a newer design, ready to be sealed; who computed them, when
    /// and at which attempt stays.
    ///
    /// - Parameters:
    ///   - header: that of the new design's shards; worker and host are taken from this shard.
    ///   - schemas: the old layout and the new one, which `holds` the old.
    ///   - renumber: the new number of an old task; results without one are left out.
    package func moved(
        to header: ShardHeader, _ schemas: (old: Schema, new: Schema), renumber: (Int) -> Int?
    ) -> ShardWriter {
        var header = header
        (header.worker, header.host) = (self.header.worker, self.header.host)
        var writer = ShardWriter(header: header)
        writer.origins = origins
        for row in 0..<count {
            guard let task = renumber(tasks[row]) else { continue }
            if !origins.isEmpty { writer.origin.append(origin[row]) }
            writer.append(
                task: task, id: ids[row], attempt: attempts[row],
                result: schemas.new.padded(result(row), from: schemas.old), started: started[row], seconds: seconds[row]
            )
        }
        return writer
    }
}
