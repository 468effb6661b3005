import ArgumentParser
import Foundation
import HTTPTransport
import LocalCluster
import Simulation

/// `apus simulate`: labelled data and traffic, with drift where it is asked for.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Make labelled data, or send it to a running model, with or without drift.",
    discussion: """
      Without --from the rows are card transactions, some of them fraudulent. `data` and `traffic` number their rows \
      alike: the same seed and drift options make the same events, so what was sent as traffic can later be appended to \
      the training data.
      """,
    subcommands: [Data.self, Traffic.self])

  /// Which rows, and what goes wrong with them.
  struct RowOptions: ParsableArguments {
    @Option(help: "How many rows.") var rows = 10_000
    @Option(help: "The number of the first row.") var first = 0
    @Option(help: "The same seed makes the same rows.") var seed = 42
    @Option(help: "Take the rows from this CSV file instead of making card transactions.") var from: String?
    @Option(help: "With --from: the column of the label.") var target: String?
    @Option(help: "With --from: the class whose recall is shown. (default: the last in order)")
    var positive: String?
    @Option(help: "With --from: the column of the event's time, which is no feature.") var timestamp: String?
    @Option(
      name: .customLong("drift"),
      help: ArgumentHelp(
        "Drift to add, as KIND or KIND=INTENSITY (0 to 1); may be repeated. Kinds: "
          + DriftKind.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "kind=intensity"))
    var drift: [String] = []
    @Option(help: "The number of the row at which drift starts.") var driftStart = 0
    @Option(help: "Rows until full intensity; 0 is sudden.") var driftRamp = 0

    func validate() throws {
      guard (1...1_000_000_000).contains(rows) else { throw ValidationError("--rows lies between 1 and 1000000000") }
      guard (0...1_000_000_000_000).contains(first) else {
        throw ValidationError("--first lies between 0 and 1000000000000")
      }
      guard from == nil || target != nil else { throw ValidationError("--from needs --target, the label's column") }
      guard driftStart >= 0 else { throw ValidationError("--drift-start must be 0 or more") }
      guard driftRamp >= 0 else { throw ValidationError("--drift-ramp must be 0 or more") }
    }

    func source() throws -> any RowSource {
      guard let from, let target else { return CardWorld(seed: seed) }
      guard let bytes = FileManager.default.contents(atPath: from) else {
        throw CleanExit.failure("\(from) cannot be read; name a CSV file with --from")
      }
      return try FileSource(csv: [UInt8](bytes), target: target, positive: positive, timestamp: timestamp)
    }

    func injector(for source: some RowSource) throws -> DriftInjector {
      let injections = try drift.map { try DriftInjection(parsing: $0, start: driftStart, ramp: driftRamp) }
      return DriftInjector(injections, profile: SourceProfile(of: source), seed: seed)
    }

    var range: Range<Int> { first..<(first + rows) }
  }

  struct Data: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write labelled rows as CSV.")

    @OptionGroup var options: RowOptions
    @Option(name: .shortAndLong, help: "The file to write. (default: standard output)") var output: String?
    @Flag(help: "Append the rows to the file instead of replacing it.") var append = false

    func run() async throws {
      let source = try options.source()
      try write(source)
    }

    private func write(_ source: some RowSource) throws {
      let injector = try options.injector(for: source)
      let rows = options.range.map { injector.row(at: $0, of: source) }
      let csv = RowsAsCSV(rows: rows, source: source, timestamp: options.from == nil ? "time" : options.timestamp)
      let header = csv.header.joined(separator: ",") + "\n"
      guard let output else {
        print(header + csv.lines(rows), terminator: "")
        return
      }
      let place = URL(fileURLWithPath: output)
      do {
        if append, let present = FileManager.default.contents(atPath: output), !present.isEmpty {
          let line = present.prefix(header.utf8.count)
          guard line.elementsEqual(header.utf8) else {
            throw CleanExit.failure(
              "\(output) has other columns than the rows to append: \(String(decoding: line, as: UTF8.self)) — write to another file"
            )
          }
          // The whole file is written aside and renamed: a training that reads it meanwhile sees all or nothing.
          try (present + Foundation.Data(csv.lines(rows).utf8)).write(to: place, options: .atomic)
        } else {
          try Foundation.Data((header + csv.lines(rows)).utf8).write(to: place, options: .atomic)
        }
      } catch let error as ExitCode {
        throw error
      } catch {
        throw CleanExit.failure(
          "\(output) cannot be written: \(FileFailure.reason(error)); choose another with --output")
      }
      let positives = rows.count { $0.label == source.positiveClass }
      print(
        "\(output): \(rows.count) rows, \(csv.header.count - 1) columns besides '\(source.targetName)', "
          + "\(percent(Double(positives) / Double(rows.count))) \(source.positiveClass)")
    }
  }

  struct Traffic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Send rows to a model, and their labels later.")

    @OptionGroup var options: RowOptions
    @Option(help: "Address of the model's Service, such as http://127.96.0.5:8080.") var url: String
    @Option(help: "Rows per request: 1 uses /predict, more use /predict/batch.") var batch = 100
    @Option(help: "Rows per second; 0 is as fast as possible.") var rate = 0.0
    @Option(help: "How far labels follow behind: a number of rows (200), a time (30s), or none for no labels.")
    var labelDelay = "200"
    @Option(help: "The prefix of each request id.") var prefix = "sim"
    @Flag(help: "Print only the last line.") var quiet = false

    func validate() throws {
      guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
        throw ValidationError("--url starts with http:// or https://, not '\(url)'")
      }
      guard sendsNoLabels || LabelDelay(labelDelay) != nil else {
        throw ValidationError(
          "--label-delay is a number of rows such as 200, a time such as 30s, or none, not '\(labelDelay)'")
      }
      guard (1...10_000).contains(batch) else { throw ValidationError("--batch lies between 1 and 10000") }
      guard rate == 0 || (0.001...1_000_000).contains(rate) else {
        throw ValidationError("--rate lies between 0.001 and 1000000 rows per second, or is 0")
      }
    }

    func run() async throws {
      try await send(options.source())
    }

    /// A negative number says so too.
    private var sendsNoLabels: Bool { labelDelay == "none" || Int(labelDelay).map { $0 < 0 } ?? false }

    private func send(_ source: some RowSource) async throws {
      let injector = try options.injector(for: source)
      let traffic = Simulation.Traffic(
        url: url, batch: batch, rate: rate, labelDelay: sendsNoLabels ? nil : LabelDelay(labelDelay), prefix: prefix,
        transport: try CurlTransport())
      let total = options.rows
      let stretch = max(batch, total / 10)
      var part = Simulation.Traffic.Tally()
      var shown = 0
      let tally = try await traffic.send(
        options.range, positive: source.positiveClass, row: { injector.row(at: $0, of: source) }
      ) { tally, done in
        part.merge(tally)
        guard !quiet, done - shown >= stretch || done == total else { return }
        print("rows \(options.first + shown)–\(options.first + done - 1): \(line(part, source.positiveClass))")
        shown = done
        part = .init()
      }
      print("all \(tally.sent) rows: \(line(tally, source.positiveClass))")
      guard tally.answered > 0 else {
        throw CleanExit.failure(
          "the model at \(url) refused every row"
            + (options.from == nil ? "; for another model than of card transactions, name its rows with --from" : ""))
      }
    }

    private func line(_ tally: Simulation.Traffic.Tally, _ positive: String) -> String {
      let refused = tally.sent - tally.answered
      guard tally.answered > 0 else { return "all refused (\(tally.refusal ?? "no reason given"))" }
      return "accuracy \(percent(tally.accuracy)), recall of \(positive) \(percent(tally.recall)), precision "
        + "\(percent(tally.precision)), answered by \(tally.versions.sorted().joined(separator: " and "))"
        + (refused == 0 ? "" : ", \(refused) refused (\(tally.refusal ?? "no reason given"))")
    }
  }
}

private func percent(_ share: Double?) -> String { share.map { String(format: "%.1f %%", $0 * 100) } ?? "–" }
