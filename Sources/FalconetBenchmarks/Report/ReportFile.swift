import FalconetMachine
import FalconetStreams

/// All figures of a run as JSON: every sample, not medians alone. Times are in nanoseconds.
struct ReportFile {
  let host: Host
  let options: Options
  let sections: [Section]

  /// Writes the file whole or not at all.
  func write(to path: String) throws(StreamError) {
    try AtomicFile.write(path: path, permissions: 0o644) { (sink) throws(StreamError) in
      let json = JSONWriter(to: sink)
      try json.beginObject()
      try json.key("falconet")
      try json.string(Release.version)
      try json.key("processor")
      try json.string(host.processor)
      try json.key("cores")
      try json.number(host.cores)
      try json.key("pinned")
      try json.bool(!options.usesAllCores)
      try json.key("rounds")
      try json.number(options.rounds)
      try json.key("sections")
      try json.beginArray()
      for section in sections { try write(section, json) }
      try json.endArray()
      try json.endObject()
      try json.finish()
    }
  }

  private func write(_ section: Section, _ json: JSONWriter) throws(StreamError) {
    try json.beginObject()
    try json.key("name")
    try json.string(section.name)
    try json.key("notes")
    try json.beginArray()
    for note in section.notes { try json.string(note) }
    try json.endArray()
    try json.key("rows")
    try json.beginArray()
    for row in section.rows { try write(row, json) }
    try json.endArray()
    try json.endObject()
  }

  private func write(_ row: Row, _ json: JSONWriter) throws(StreamError) {
    try json.beginObject()
    try json.key("what")
    try json.string(row.what)
    try json.key("who")
    try json.string(row.who)
    try json.key("figures")
    try json.beginArray()
    for figure in row.figures {
      try json.beginObject()
      try json.key("name")
      try json.string(figure.name)
      try json.key("unit")
      try json.string(figure.unit.rawValue)
      try json.key("median")
      try json.number(figure.median)
      try json.key("samples")
      try json.beginArray()
      for sample in figure.samples { try json.number(sample) }
      try json.endArray()
      try json.endObject()
    }
    try json.endArray()
    try json.endObject()
  }
}
