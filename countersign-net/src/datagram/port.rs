//! A UDP socket, and what can go wrong on the way.
use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::packet::MAX_PACKET;

/// Packets that are lost, repeated or overtaken on purpose, in percent of those that are sent.
///
/// The numbers come from the caller, so that a run can be repeated:
///
/// ```
/// use countersign_net::datagram::Faults;
///
/// let mut state = 42u32;
/// let faults = Faults::from_numbers(move || {
///     state ^= state << 13;
///     state ^= state >> 17;
///     state ^= state << 5;
///     state
/// });
/// let faults = faults.loss(20).duplicate(10).reorder(10);
/// ```
pub struct Faults {
    loss: u32,
    duplicate: u32,
    reorder: u32,
    numbers: Box<dyn FnMut() -> u32 + Send>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("loss", &self.loss)
            .field("duplicate", &self.duplicate)
            .field("reorder", &self.reorder)
            .finish_non_exhaustive()
    }
}

impl Faults {
    /// No faults yet; `numbers` decide whom they will meet.
    #[must_use]
    pub fn from_numbers(numbers: impl FnMut() -> u32 + Send + 'static) -> Self {
        Self {
            loss: 0,
            duplicate: 0,
            reorder: 0,
            numbers: Box::new(numbers),
        }
    }

    /// How many of a hundred packets are not sent.
    #[must_use]
    pub fn loss(mut self, percent: u32) -> Self {
        self.loss = percent;
        self
    }

    /// How many of a hundred packets are sent twice.
    #[must_use]
    pub fn duplicate(mut self, percent: u32) -> Self {
        self.duplicate = percent;
        self
    }

    /// How many of a hundred packets go out behind the next one.
    #[must_use]
    pub fn reorder(mut self, percent: u32) -> Self {
        self.reorder = percent;
        self
    }

    fn strikes(&mut self, percent: u32) -> bool {
        // The high half: the low bits of simple generators are the worse ones.
        percent > 0 && ((self.numbers)() >> 16) % 100 < percent
    }

    fn lost(&mut self) -> bool {
        self.strikes(self.loss)
    }

    fn repeated(&mut self) -> bool {
        self.strikes(self.duplicate)
    }

    fn overtaken(&mut self) -> bool {
        self.strikes(self.reorder)
    }
}

/// A UDP socket that sends and receives packets.
#[derive(Debug)]
pub struct Port {
    socket: UdpSocket,
    buffer: Vec<u8>,
    faults: Option<Faults>,
    /// A packet that the next one overtakes.
    held: Option<(SocketAddr, Vec<u8>)>,
}

impl Port {
    /// A port of a socket that is bound.
    ///
    /// # Errors
    /// Any error of the socket.
    pub fn new(socket: UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(false)?;
        Ok(Self {
            socket,
            // One byte more than a packet, so that a longer one shows.
            buffer: vec![0; MAX_PACKET + 1],
            faults: None,
            held: None,
        })
    }

    /// Adds faults to what is sent.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Where the socket listens.
    ///
    /// # Errors
    /// Any error of the socket.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends a packet, as far as the faults let it.
    ///
    /// # Errors
    /// Any error of the socket.
    pub fn send(&mut self, to: SocketAddr, packet: &[u8]) -> io::Result<()> {
        let Some(faults) = &mut self.faults else {
            return transmit(&self.socket, to, packet);
        };
        if faults.lost() {
            return Ok(());
        }
        if self.held.is_none() && faults.overtaken() {
            self.held = Some((to, packet.to_vec()));
            return Ok(());
        }
        let times = if faults.repeated() { 2 } else { 1 };
        for _ in 0..times {
            transmit(&self.socket, to, packet)?;
        }
        self.release()
    }

    /// The next packet and where it came from; nothing when none came in this time.
    ///
    /// # Errors
    /// Any error of the socket, but not that a packet sent earlier could not be delivered: UDP
    /// promises nothing.
    pub fn receive(&mut self, within: Duration) -> io::Result<Option<(SocketAddr, &[u8])>> {
        let deadline = Instant::now().checked_add(within);
        let (length, from) = loop {
            // Zero would mean for ever.
            let left = deadline.map(|at| {
                at.saturating_duration_since(Instant::now())
                    .max(Duration::from_millis(1))
            });
            self.socket.set_read_timeout(left)?;
            match self.socket.recv_from(&mut self.buffer) {
                Ok(received) => break received,
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        // Nothing overtakes it any more.
                        self.release()?;
                        return Ok(None);
                    }
                    io::ErrorKind::Interrupted
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionRefused
                        if deadline.is_none_or(|at| Instant::now() < at) => {}
                    io::ErrorKind::Interrupted
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionRefused => return Ok(None),
                    _ => return Err(error),
                },
            }
        };
        Ok(Some((from, self.buffer.get(..length).unwrap_or_default())))
    }

    fn release(&mut self) -> io::Result<()> {
        match self.held.take() {
            Some((to, packet)) => transmit(&self.socket, to, &packet),
            None => Ok(()),
        }
    }
}

/// One datagram.
fn transmit(socket: &UdpSocket, to: SocketAddr, packet: &[u8]) -> io::Result<()> {
    match socket.send_to(packet, to) {
        Ok(_) => Ok(()),
        // News of an earlier packet, not of this one.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(faults: Option<Faults>, packets: &[&[u8]]) -> Vec<Vec<u8>> {
        let socket = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (mut from, mut to) = (Port::new(socket()).unwrap(), Port::new(socket()).unwrap());
        from.faults = faults;
        for packet in packets {
            from.send(to.address().unwrap(), packet).unwrap();
        }
        let within = Duration::from_millis(1);
        assert_eq!(from.receive(within).unwrap(), None);
        from.faults = None;
        from.send(to.address().unwrap(), b"end").unwrap();
        let mut all = Vec::new();
        loop {
            let (_, packet) = to.receive(Duration::from_secs(30)).unwrap().unwrap();
            if packet == b"end" {
                return all;
            }
            all.push(packet.to_vec());
        }
    }

    /// The generator gives 0 and then 99 percent, and so on.
    fn alternating() -> impl FnMut() -> u32 {
        let mut next = 99 << 16;
        move || {
            next = (99 << 16) - next;
            next
        }
    }

    #[test]
    fn faults_strike() {
        let packets: [&[u8]; 4] = [b"1", b"2", b"3", b"4"];
        assert_eq!(sent(None, &packets), packets);
        let lost = Faults::from_numbers(alternating()).loss(50);
        assert_eq!(sent(Some(lost), &packets), [b"2", b"4"]);
        let twice = Faults::from_numbers(alternating()).duplicate(50);
        assert_eq!(
            sent(Some(twice), &packets),
            [b"1", b"1", b"2", b"3", b"3", b"4"]
        );
        // One is held at a time; what is held last goes when nothing else does.
        let overtaken = Faults::from_numbers(alternating()).reorder(50);
        assert_eq!(sent(Some(overtaken), &packets[..3]), [b"2", b"1", b"3"]);
        let all = Faults::from_numbers(|| 0).reorder(100);
        assert_eq!(sent(Some(all), &packets), [b"2", b"1", b"4", b"3"]);
    }

    #[test]
    fn a_packet_that_is_too_long_shows() {
        let mut port = Port::new(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
        let to = port.address().unwrap();
        assert!(port.send(to, &[0; MAX_PACKET + 1]).is_err());
        port.send(to, &[1; MAX_PACKET]).unwrap();
        let (from, packet) = port.receive(Duration::from_secs(30)).unwrap().unwrap();
        assert_eq!((from, packet.len()), (to, MAX_PACKET));
    }
}
