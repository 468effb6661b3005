import ArgumentParser
import Foundation
import HTTPTransport
import LocalCluster
import Simulation

/// `apus simulate`: labelled data and traffic, with drift where it is asked for.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Make labelled data, or send them to a running model, with or without drift.",
    discussion: """
      Without --from the rows are card transactions, some of them fraud. Row numbers are the same in `data` and
      `traffic`: the same seed and the same drift options make the same events, so that what was sent as traffic
      can later be appended to the training data.
      """,
    subcommands: [Data.self, Traffic.self])

  /// Which rows, and what goes wrong with them.
  struct RowOptions: ParsableArguments {
    @Option(help: "How many rows.") var rows = 10_000
    @Option(help: "Number of the first row.") var first = 0
    @Option(help: "The same seed makes the same rows.") var seed = 42
    @Option(help: "A CSV file to take rows from instead of the simulated world.") var from: String?
    @Option(help: "With --from: the column of the label.") var target: String?
    @Option(help: "With --from: the class whose recall is shown; the last in order where it is not given.")
    var positive: String?
    @Option(help: "With --from: the column of the event's time, which is no feature.") var timestamp: String?
    @Option(
      name: .customLong("drift"),
      help: ArgumentHelp(
        "What goes wrong, as KIND or KIND=INTENSITY (0 to 1); can be given several times. Kinds: "
          + DriftKind.allCases.map(\.rawValue).joined(separator: ", ") + ".", valueName: "kind=intensity"))
    var drift: [String] = []
    @Option(help: "Number of the row from which it goes wrong.") var driftStart = 0
    @Option(help: "Rows until the full intensity; 0: suddenly.") var driftRamp = 0

    func validate() throws {
      guard rows > 0 else { throw ValidationError("--rows must be at least 1") }
      guard first >= 0 else { throw ValidationError("--first must be 0 or more") }
      guard from == nil || target != nil else { throw ValidationError("--from needs --target, the label's column") }
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
    @Option(name: .shortAndLong, help: "The file; standard output where it is not given.") var output: String?
    @Flag(help: "Add the rows to the file instead of writing it anew.") var append = false

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
    static let configuration = CommandConfiguration(abstract: "Send rows to a model and labels after them.")

    @OptionGroup var options: RowOptions
    @Option(help: "Address of the model's Service, such as http://127.96.0.5:8080.") var url: String
    @Option(help: "Rows in one request; 1 uses /predict, more use /predict/batch.") var batch = 100
    @Option(help: "Rows per second; 0: as fast as it goes.") var rate = 0.0
    @Option(help: "When a label follows: after so many rows (200) or so much time (30s); 'none' sends no labels.")
    var labelDelay = "200"
    @Option(help: "Before each request id.") var prefix = "sim"
    @Flag(help: "Only the last line.") var quiet = false

    func validate() throws {
      guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
        throw ValidationError("--url starts with http:// or https://, not '\(url)'")
      }
      guard sendsNoLabels || LabelDelay(labelDelay) != nil else {
        throw ValidationError(
          "--label-delay is a number of rows such as 200, a time such as 30s, or none, not '\(labelDelay)'")
      }
      guard (1...10_000).contains(batch) else { throw ValidationError("--batch lies between 1 and 10000") }
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
