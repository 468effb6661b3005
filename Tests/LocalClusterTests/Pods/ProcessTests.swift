import Foundation
import Glibc
import TestSupport
import Testing

@testable import LocalCluster

/// A folder that goes with the test.
final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite("A container's process")
struct ContainerProcessTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ script: String, environment: [String: String] = [:]) throws -> (ContainerProcess, ContainerLog) {
    let log = try ContainerLog(path: folder.path + "/0.log")
    let process = try ContainerProcess.start(
      ProcessLaunch(
        program: "sh", arguments: ["-c", script],
        environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, directory: folder.path), log: log)
    return (process, log)
  }

  private func lines(_ options: LogOptions = LogOptions()) async -> String {
    var text: [UInt8] = []
    for await bytes in LogReader(path: folder.path + "/0.log", live: nil, options: options).stream(now: Date()) {
      text += bytes
    }
    return String(decoding: text, as: UTF8.self)
  }

  @Test("runs in its folder with its environment and nothing else, and tells its exit code")
  func exitCode() async throws {
    let (process, _) = try run("pwd; echo $NAME; ls /proc/self/fd | wc -l; exit 3", environment: ["NAME": "n1"])
    #expect(await process.ending.value.code == 3)
    let output = await lines().split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(output.count == 3)
    #expect(output[0].hasSuffix((folder.path as NSString).lastPathComponent) && output[1] == "n1")
    #expect(Int(output[2]).map { $0 <= 5 } == true)
  }

  @Test("that is ended by a signal has exit code 128 and the signal's number")
  func signal() async throws {
    let (process, _) = try run("kill -9 $$")
    let ending = await process.ending.value
    #expect(ending.code == 137 && ending.signal == 9)
  }

  @Test("takes with it what it left in the background")
  func background() async throws {
    let (process, _) = try run("sleep 1000 & echo $!; exit 0")
    #expect(await process.ending.value.code == 0)
    let child = try #require(pid_t(await lines().trimmingCharacters(in: .whitespacesAndNewlines)))
    _ = try await eventually("the child is gone") { kill(child, 0) == 0 ? nil : true }
  }

  @Test("that cannot be found is refused by name")
  func missing() throws {
    let log = try ContainerLog(path: folder.path + "/0.log")
    let launch = ProcessLaunch(
      program: "no-such-program", arguments: [], environment: ["PATH": "/bin"], directory: folder.path)
    #expect {
      try ContainerProcess.start(launch, log: log)
    } throws: {
      ($0 as? SpawnFailure)?.reason == "exec: \"no-such-program\": executable file not found in $PATH"
    }
  }

  @Test("is found again by its number and start time, and not when the number is another's")
  func leftovers() async throws {
    let (process, _) = try run("sleep 1000")
    ProcessRecord(pid: process.pid, startTicks: process.startTicks + 1).endLeftover()
    #expect(kill(process.pid, 0) == 0)
    ProcessRecord(pid: process.pid, startTicks: process.startTicks).write(in: folder.path)
    try #require(ProcessRecord.read(from: folder.path)).endLeftover()
    #expect(await process.ending.value.code == 137)
  }

  @Test("that a killed cluster left behind is ended by the mark it carries, and another cluster's is not")
  func leftBehind() async throws {
    let mark = ContainerMark.value(state: folder.path, pod: "p", container: "c")
    let (process, _) = try run("exec sleep 1000", environment: [ContainerMark.variable: mark])
    defer { process.signal(SIGKILL) }
    // In the moment in which one program becomes another, its environment cannot be read.
    _ = try await eventually("the program runs") {
      FileManager.default.contents(atPath: "/proc/\(process.pid)/cmdline")?.starts(with: Data("sleep".utf8)) == true
        ? true : nil
    }
    #expect(Leftovers(state: folder.path + "2").end() == 0)
    try #require(Leftovers(state: folder.path).end() == 1)
    #expect(await process.ending.value.code == 137)
    #expect(Leftovers(state: folder.path).end() == 0)
  }

  @Test("logs: tail, time stamps, limits, and lines longer than a record")
  func logs() async throws {
    let (process, _) = try run("seq 1 100; head -c 40000 /dev/zero | tr '\\0' x; echo; printf end")
    _ = await process.ending.value
    let all = await lines()
    #expect(all.utf8.count == 292 + 40_001 + 4)
    var options = LogOptions()
    options.tailLines = 2
    #expect(await lines(options) == String(repeating: "x", count: 40_000) + "\nend\n")
    options.tailLines = 1
    options.timestamps = true
    #expect(await lines(options).wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z end\n/) != nil)
    options = LogOptions()
    options.limitBytes = 5
    #expect(await lines(options) == "1\n2\n3")
    options.limitBytes = nil
    options.sinceSeconds = 3_600
    #expect(await lines(options) == all)
  }

  @Test("a follower sees each line when it is written and ends with the process")
  func following() async throws {
    let (process, log) = try run("echo one; while [ ! -e go ]; do sleep 0.05; done; echo two")
    var options = LogOptions()
    options.follow = true
    var text = ""
    for await bytes in LogReader(path: log.path, live: log, options: options).stream(now: Date()) {
      text += String(decoding: bytes, as: UTF8.self)
      if text == "one\n" { try Data().write(to: URL(fileURLWithPath: folder.path + "/go")) }
    }
    #expect(text == "one\ntwo\n")
    #expect(await process.ending.value.code == 0)
  }
}

@Suite("A long log")
struct LogRotationTests {
  @Test("is set aside when it has reached its limit, and a follower misses nothing")
  func rotation() async throws {
    let folder = try TemporaryFolder()
    let log = try ContainerLog(path: folder.path + "/0.log", limit: 10_000)
    var options = LogOptions()
    options.follow = true
    let stream = LogReader(path: log.path, live: log, options: options).stream(now: Date())
    var text = ""
    var written = 1
    log.append(Array("line 1\n".utf8)[...], at: Date())
    for await bytes in stream {
      text += String(decoding: bytes, as: UTF8.self)
      if text.hasSuffix("line \(written)\n"), written < 1_000 {
        for _ in 0..<min(50, 1_000 - written) {
          written += 1
          log.append(Array("line \(written)\n".utf8)[...], at: Date())
        }
      }
      if written == 1_000, text.hasSuffix("line 1000\n") { log.finish() }
    }
    #expect(text == (1...1_000).map { "line \($0)\n" }.joined())
    #expect(FileManager.default.fileExists(atPath: log.path + ".1"))
    #expect((FileManager.default.contents(atPath: log.path)?.count ?? 0) < 12_000)
  }
}

@Suite("A volume of an object's data")
struct ProjectedFolderTests {
  @Test("is renewed in one step, keeps its links, and is left alone when nothing changed")
  func renewal() throws {
    let folder = try TemporaryFolder()
    let volume = ProjectedFolder(path: folder.path + "/v")
    func file(_ text: String) -> ProjectedFolder.File { .init(bytes: Array(text.utf8), mode: 0o644) }
    func read(_ name: String) -> String? {
      FileManager.default.contents(atPath: volume.path + "/" + name).map { String(decoding: $0, as: UTF8.self) }
    }
    func version() throws -> String {
      try FileManager.default.destinationOfSymbolicLink(atPath: volume.path + "/..data")
    }
    try volume.write(["a": file("1"), "sub/b": file("2")])
    #expect(read("a") == "1" && read("sub/b") == "2")
    let first = try version()
    try volume.write(["a": file("1"), "sub/b": file("2")])
    #expect(try version() == first)
    try volume.write(["a": file("one"), "c": file("3")])
    #expect(read("a") == "one" && read("c") == "3" && read("sub/b") == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: volume.path).count == 4)
  }
}
