import java.io.FileReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * Prints a topic from its beginning, a line for each record: its key, a tab, its value as JSON, or null for a tombstone. (Kafka's console
 * consumer gives a deserializer the word "null" for a tombstone, and stops at it.) Called with: a properties file, the topic, how many records.
 */
class Stream {
  public static void main(String[] args) throws Exception {
    var settings = new Properties();
    settings.load(new FileReader(args[0]));
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (var consumer = new KafkaConsumer<String, Object>(settings)) {
      consumer.subscribe(List.of(args[1]));
      for (int left = Integer.parseInt(args[2]); left > 0;) {
        var records = consumer.poll(Duration.ofSeconds(60));
        if (records.isEmpty()) throw new IllegalStateException("nothing to read within 60 seconds");
        for (var record : records) out.println(record.key() + "\t" + record.value());
        left -= records.count();
      }
    }
  }
}
